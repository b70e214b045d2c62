/** One thing the doctor has seen. */
export type Level = 'ok' | 'warning' | 'problem';

/** What is looked at, in the order of the report. */
export const CHECK_NAMES = [
  'settings',
  'node',
  'memory',
  'data',
  'database',
  'clock',
  'codecs',
  'webrtc',
  'http',
  'media',
  'buffers',
  'tls',
  'addresses',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export type Finding = {
  check: CheckName;
  level: Level;
  /** What is so. */
  text: string;
  /** What to do about it. */
  advice?: string;
};

/** What a check gives; its name is put on by the doctor. */
export type Seen = Omit<Finding, 'check'>;

export const ok = (text: string): Seen => ({ level: 'ok', text });
/** The service works, but not as well as it could, or not for everyone. */
export const warning = (text: string, advice: string): Seen => ({ level: 'warning', text, advice });
/** The service does not start, or does not do its work. */
export const problem = (text: string, advice: string): Seen => ({ level: 'problem', text, advice });

const KIB = 1024;

/** `1.2 GB`, in powers of 1024 as `df -h` and `free -h` show them. */
export const size = (bytes: number): string => {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= KIB && unit < units.length - 1) [value, unit] = [value / KIB, unit + 1];
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};
