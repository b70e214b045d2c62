import { defineCommand } from './command.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Says what is wrong with the settings, the machine, the database and the ports, and what to do',
  args: [],
  flags: {},
  details:
    'Run it as the user and with the settings of the service, whether that runs or not. Exit code 1 where there is a problem.',
  run: async ({ env }) => {
    const [{ examine }, { reportOf }] = await Promise.all([import('./doctor/doctor.ts'), import('./doctor/report.ts')]);
    return reportOf(await examine(env));
  },
});
