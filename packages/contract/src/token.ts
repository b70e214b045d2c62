/** The token call and the users call. */
import { type Static, Type } from 'typebox';

export const TokenBody = Type.Object({
  grant_type: Type.Union([Type.Literal('client_credentials'), Type.Literal('password')]),
  client_id: Type.Optional(Type.String({ maxLength: 200, description: 'With client_credentials' })),
  client_secret: Type.Optional(Type.String({ maxLength: 200, description: 'With client_credentials' })),
  username: Type.Optional(Type.String({ maxLength: 200, description: 'With password' })),
  password: Type.Optional(Type.String({ maxLength: 200, description: 'With password' })),
  ttl: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^[0-9]{1,10}$' })], {
      description: 'Seconds; 60 days unless given; 0, of an app alone: never expires',
    }),
  ),
});
export type TokenBody = Static<typeof TokenBody>;

export const TokenView = Type.Object({
  access_token: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds; 0 for a token that never expires' }),
  application: Type.String({ description: 'The id of the app, a UUID' }),
});
export type TokenView = Static<typeof TokenView>;

export const CreateUserBody = Type.Object({
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ minLength: 1, maxLength: 200 }),
});
export type CreateUserBody = Static<typeof CreateUserBody>;

/** What creating or deleting a user answers. */
export const UserView = Type.Object({
  application: Type.String({ description: 'The id of the app, a UUID' }),
  organization: Type.String(),
  applicationName: Type.String(),
  entities: Type.Array(Type.Object({ type: Type.Literal('user'), username: Type.String() })),
  timestamp: Type.Integer(),
});
export type UserView = Static<typeof UserView>;

export const RevokeTokenBody = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 200 }),
});
export type RevokeTokenBody = Static<typeof RevokeTokenBody>;
