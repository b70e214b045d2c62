/** The keys that download links are signed with. */
import { defineCommand } from './command.ts';
import { withStore } from './database.ts';

export const rotateLinkKey = defineCommand({
  name: 'links rotate-key',
  summary: 'Signs download links with a new key from now on; those signed with the key before stay good',
  args: [],
  flags: {},
  details:
    'Links that are signed with a still older key are refused. So where a key leaked, run it twice: then no link that was given out is good any more, and the listings have new ones.',
  run: async ({ readSettings }) => {
    const { id, previousId, retired } = await withStore(readSettings(), { create: false }, (store) =>
      store.linkKeys.rotate(),
    );
    const lines = [
      `Links are signed with the key ${id} from now on.`,
      ...(previousId === undefined ? [] : [`Those signed with ${previousId} stay good.`]),
      ...(retired === 0 ? [] : ['Those signed with an older key are refused.']),
    ];
    return { json: { keyId: id, previousKeyId: previousId ?? null, retired }, text: `${lines.join('\n')}\n` };
  },
});
