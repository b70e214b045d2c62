/** The findings for a person, and for a program. */

import { EXIT_CODES } from '../cli-error.ts';
import type { Outcome } from '../command.ts';
import type { Finding, Level } from './finding.ts';

const LEVEL_WIDTH = 'problem'.length;

const lines = ({ check, level, text, advice }: Finding): string[] => [
  `${level.padEnd(LEVEL_WIDTH)}  ${check}: ${text}`,
  ...(advice === undefined ? [] : [`${' '.repeat(LEVEL_WIDTH)}    → ${advice}`]),
];

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export const reportOf = (findings: readonly Finding[]): NonNullable<Outcome> => {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const summary =
    problems + warnings === 0 ? 'All is well.' : `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`;
  return {
    text: `${[...findings.flatMap(lines), '', summary].join('\n')}\n`,
    json: { problems, warnings, findings },
    exitCode: problems > 0 ? EXIT_CODES.failed : 0,
  };
};
