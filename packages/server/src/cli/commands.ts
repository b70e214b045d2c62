/** The closed list of commands. */
import { createApp, listApps, rotateSecret, setUsersCreate } from './app-commands.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor-command.ts';
import { rotateLinkKey } from './link-commands.ts';
import { migrateDatabase } from './migrate-command.ts';
import { confirmRetention, reconcileFiles, setRetention, showRetention } from './retention-commands.ts';
import { serveCommand } from './serve-command.ts';
import { issueToken } from './token-command.ts';
import { createUser, deleteUser } from './user-commands.ts';

export const COMMANDS: readonly Command[] = [
  serveCommand,
  doctor,
  migrateDatabase,
  createApp,
  listApps,
  rotateSecret,
  setRetention,
  setUsersCreate,
  createUser,
  deleteUser,
  issueToken,
  rotateLinkKey,
  showRetention,
  confirmRetention,
  reconcileFiles,
];
