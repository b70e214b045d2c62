import { defineCommand } from './command.ts';

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'Runs the service until it is told to stop, as npm start does',
  args: [],
  flags: {},
  details:
    'It logs JSON lines, whether or not --json is given. SIGTERM or SIGINT stops it; a second SIGINT ends it at once.',
  run: async ({ env }) => {
    // Loads all that the service is made of, which no other command needs.
    const { serve } = await import('../serve.ts');
    await serve(env);
    return undefined;
  },
});
