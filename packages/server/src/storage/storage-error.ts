/** Why the object store could not do something. The message may name a path: it is for the log alone. */
export type StorageFailure = 'badKey' | 'notFound' | 'full' | 'failed';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly reason: StorageFailure;

  private constructor(reason: StorageFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  static badKey(key: string): StorageError {
    return new StorageError('badKey', `${JSON.stringify(key)} is not the key of an object`);
  }

  static notFound(key: string, cause: unknown): StorageError {
    return new StorageError('notFound', `there is no object ${key}`, { cause });
  }

  static full(key: string, cause: unknown): StorageError {
    return new StorageError('full', `no room left to store ${key}`, { cause });
  }

  static failed(key: string, cause: unknown): StorageError {
    return new StorageError('failed', `the object ${key} could not be reached`, { cause });
  }
}
