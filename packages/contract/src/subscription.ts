/** What a member may change of a subscription while it lasts. */
import { type Static, Type } from 'typebox';

export const ChangeSubscriptionBody = Type.Object(
  {
    audio: Type.Optional(Type.Boolean({ description: 'Whether sound is sent' })),
    video: Type.Optional(
      Type.Boolean({ description: 'Whether the picture is sent; it goes on with a key frame that is asked for' }),
    ),
  },
  { minProperties: 1 },
);
export type ChangeSubscriptionBody = Static<typeof ChangeSubscriptionBody>;

export const SubscriptionView = Type.Object({
  subscriptionId: Type.String(),
  pubStreamId: Type.String(),
  audio: Type.Boolean(),
  video: Type.Boolean(),
});
export type SubscriptionView = Static<typeof SubscriptionView>;
