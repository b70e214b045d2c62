/** What the vendor's web SDK sends by HTTP. What else is in these bodies is not looked at. */
import { CreateConferenceBody, ROLE_CODES, type Role } from '@callreel/contract/conference.ts';
import { type Static, Type } from 'typebox';

const text = Type.String({ maxLength: 256 });
const password = Type.Optional(Type.Union([Type.String({ maxLength: 128 }), Type.Null()]));
const roleCode = Type.Union([Type.Literal(1), Type.Literal(3), Type.Literal(7)]);
/** The SDK's are of some 600 characters. */
const proof = Type.String({ maxLength: 2048 });

const { creator: _, password: __, ...settings } = CreateConferenceBody.properties;

export const TicketBody = Type.Object({
  ...settings,
  uid: text,
  token: text,
  password,
  confrId: Type.Optional(Type.Union([text, Type.Null()])),
  role: Type.Optional(Type.Union([roleCode, Type.Null()])),
});
export const SelectBody = Type.Object({ uid: text, token: text, confrId: text, password });
export const RoomBody = Type.Object({
  ...settings,
  roomName: Type.String({ minLength: 1, maxLength: 128 }),
  password,
  memName: text,
  token: text,
});
export const AdminBody = Type.Object({ confrId: text, roleToken: proof });
const uids = Type.Array(text, { minItems: 1, maxItems: 100 });
export const KickBody = Type.Object({ ...AdminBody.properties, uids });
export const RolesBody = Type.Object({ confrId: Type.Optional(text), roleToken: proof, uids, role: roleCode });
export const AttributesBody = Type.Object({
  roleToken: proof,
  cattrs: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String({ minLength: 1, maxLength: 64 }),
        val: Type.Optional(Type.Union([Type.String({ maxLength: 1024 }), Type.Null()])),
        op: Type.Union([Type.Literal('UPDATE'), Type.Literal('DEL')]),
      }),
      { maxItems: 64 },
    ),
  ),
  cstate: Type.Optional(Type.Object({ muteAll: Type.Boolean() })),
});

type SettingsBody = Static<typeof TicketBody> | Static<typeof RoomBody>;

/** What a conference is created with: the settings alone, not who asks. */
export const creationIn = (body: SettingsBody): CreateConferenceBody => ({
  ...Object.fromEntries(
    Object.keys(settings).flatMap((name) => (name in body ? [[name, Reflect.get(body, name)]] : [])),
  ),
  ...passwordIn(body),
});

export const passwordIn = ({ password: given }: { password?: string | null }): { password?: string } =>
  typeof given === 'string' ? { password: given } : {};

export const roleOfCode = (code: number): Role =>
  (Object.keys(ROLE_CODES) as Role[]).find((role) => ROLE_CODES[role] === code) ?? 'audience';
