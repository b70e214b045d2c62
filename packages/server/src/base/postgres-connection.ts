/** How to reach PostgreSQL: what the embedded one gives, and what the store and the jobs take. */
export type PostgresConnection =
  | { kind: 'url'; url: string }
  /** A Unix socket's folder. No password: who may enter the folder may connect. */
  | { kind: 'socket'; directory: string; user: string; database: string };
