/** The service's log: JSON lines on standard output, with secrets masked. */
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Keys whose values never reach the log, at the top and one level down. */
const SECRET_KEYS = [
  'password',
  'token',
  'secret',
  'clientSecret',
  'client_secret',
  'access_token',
  'authorization',
  'cookie',
];

const SECRETS_IN_TEXT: readonly [RegExp, string][] = [
  [/\b(Signature|access_token|client_secret|password)=[^&\s"]+/gi, '$1=***'],
  [/\b(Bearer|bearer\.)(\s*)[\w.-]+/g, '$1$2***'],
  [/YWMt[\w-]+/g, 'YWMt***'],
  // A scheme is short. Without an end to it a path of `a+a+…` is looked through anew from each letter: 0.1 s for 16 KiB of a stranger's.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^:/?#\s@]*):[^@/\s]+@/gi, '$1:***@'],
];

/** The text with tokens, signatures of links and passwords of URLs masked: for anything from outside that is logged. */
export const maskSecrets = (text: string): string =>
  SECRETS_IN_TEXT.reduce((masked, [form, replacement]) => masked.replace(form, replacement), text);

/** `destination` is standard output unless given. */
export const createLogger = (level: LogLevel, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`), 'req.headers.authorization'],
        censor: '***',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
