/** What a value had to be, in words that go on "<name> must be …": the validator's own are no sentences. */
import type { FastifySchemaValidationError } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  object: 'an object',
  string: 'a string',
};

const counted = (count: unknown, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

type Words = (params: FastifySchemaValidationError['params']) => string;

const WORDS: Readonly<Record<string, Words>> = {
  type: ({ type }) => TYPES[String(type)] ?? String(type),
  minimum: ({ limit }) => `at least ${limit}`,
  maximum: ({ limit }) => `at most ${limit}`,
  minLength: ({ limit }) => `at least ${counted(limit, 'character')} long`,
  maxLength: ({ limit }) => `at most ${counted(limit, 'character')} long`,
  minItems: ({ limit }) => `an array of at least ${limit}`,
  maxItems: ({ limit }) => `an array of at most ${limit}`,
  minProperties: ({ limit }) => `an object with at least ${counted(limit, 'field')}`,
  pattern: ({ pattern }) => `in the form ${pattern}`,
  // A field that the schema does not have, where it takes no others.
  boolean: () => 'left out: there is no such field',
};

/** Of alternatives it lists all, but for those of another type than the value's. */
export const wantedBy = (errors: readonly FastifySchemaValidationError[]): string => {
  const ofItsType = errors.filter(({ keyword }) => keyword !== 'type');
  const told = ofItsType.length > 0 ? ofItsType : errors;
  const forms = new Set(told.map(({ keyword, params }) => WORDS[keyword]?.(params) ?? 'of another form'));
  return [...forms].join(' or ');
};
