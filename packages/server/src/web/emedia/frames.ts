/** What passes over the socket of the vendor's web SDK: JSON objects, told apart by the number `op`. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isStorable } from '../storable-text.ts';

/** What a client may ask. Fields that are not named are the SDK's own, and not looked at. */
const short = Type.String({ maxLength: 256 });
const switched = Type.Optional(Type.Union([Type.Boolean(), Type.Integer(), Type.Null()]));
/** For the others alone: JSON in a string. */
const ext = Type.Optional(Type.Union([Type.String({ maxLength: 1024 }), Type.Null()]));

const frame = <Op extends number, Fields extends Parameters<typeof Type.Object>[0]>(op: Op, fields: Fields) =>
  Type.Object({ op: Type.Literal(op), tsxId: short, sessId: Type.Optional(short), ...fields });

const onConnection = { rtcId: short };

const Published = Type.Object({
  id: Type.Optional(Type.Union([short, Type.Null()])),
  type: Type.Optional(Type.Integer()),
  voff: switched,
  aoff: switched,
  ext,
  name: Type.Optional(Type.Union([short, Type.Null()])),
});
export type Published = Static<typeof Published>;

const SCHEMAS = {
  enter: frame(200, {
    tkt: Type.Optional(Type.Unknown()),
    nickName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    ext,
  }),
  exit: frame(201, {}),
  offer: frame(102, {
    ...onConnection,
    cctx: Type.Optional(short),
    sdp: Type.String(),
    pubS: Type.Optional(Published),
    subSId: Type.Optional(short),
    subSVideo: switched,
    subSAudio: switched,
  }),
  candidates: frame(105, onConnection),
  end: frame(107, { rtcId: Type.Optional(short), endReason: Type.Optional(Type.Integer()) }),
  changeSubscription: frame(205, { ...onConnection, subSVideo: switched, subSAudio: switched }),
  unsubscribe: frame(206, { rtcId: Type.Optional(short) }),
  mute: frame(400, { ...onConnection, voff: switched, aoff: switched }),
  close: frame(204, {}),
  record: frame(500, { ...onConnection, flag: switched }),
  snapshot: frame(1000, {}),
  act: frame(1002, { memId: short, arg: Type.String({ maxLength: 8192 }) }),
  say: frame(1003, { memId: short, arg: Type.String({ maxLength: 8192 }) }),
  reply: frame(1001, {
    memId: short,
    arg: Type.String({ maxLength: 8192 }),
    result: Type.Optional(Type.Integer()),
  }),
};

export type Kind = keyof typeof SCHEMAS;
export type Asked<Of extends Kind = Kind> = { [Each in Of]: { kind: Each } & Static<(typeof SCHEMAS)[Each]> }[Of];

const Envelope = Type.Object({ op: Type.Integer(), tsxId: short });
const envelope = Compile(Envelope);
const validators = new Map(
  (Object.keys(SCHEMAS) as Kind[]).map((kind) => [
    SCHEMAS[kind].properties.op.const as number,
    { kind, validator: Compile(SCHEMAS[kind]) },
  ]),
);

export type Read =
  | { read: 'asked'; asked: Asked }
  /** It can be answered, and is refused. */
  | { read: 'unknown'; tsxId: string }
  | { read: 'illFormed'; tsxId: string }
  /** No JSON, or nothing that could be answered. */
  | { read: 'garbage' };

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const readFrame = (text: string): Read => {
  const value = parse(text);
  if (!envelope.Check(value)) return { read: 'garbage' };
  const { op, tsxId } = value;
  const known = validators.get(op);
  if (known === undefined) return { read: 'unknown', tsxId };
  if (!known.validator.Check(value) || !isKept(value)) return { read: 'illFormed', tsxId };
  return { read: 'asked', asked: { ...value, kind: known.kind } as Asked };
};

/** Of whoever enters, what he calls himself is kept. */
const isKept = (frame: object): boolean =>
  ['nickName', 'ext'].every((name) => {
    const text: unknown = Reflect.get(frame, name);
    return typeof text !== 'string' || isStorable(text);
  });

/** 1 and true are on. */
export const isOn = (value: boolean | number | null | undefined): boolean => value === true || value === 1;

/** What a client is told; `sessId` is added for each. */
export type Told = { op: number } & Record<string, unknown>;
