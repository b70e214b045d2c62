/** As much of an OpenAPI 3.1 document as the page of the interface shows, and what it says in words. */

export type Schema = {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  $ref?: string;
};

export type MediaType = { schema?: Schema; example?: unknown };

export type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema };

export type Call = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, MediaType> };
  responses: Record<string, { description: string; content?: Record<string, MediaType> }>;
};

export type ApiDescription = {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Call>>;
  components?: { securitySchemes?: Record<string, { description?: string }> };
};

export type Entry = { method: string; path: string; call: Call };

/** The calls of a tag, in the order of the document. */
export const callsOf = ({ paths }: ApiDescription, tag: string): Entry[] =>
  Object.entries(paths).flatMap(([path, calls]) =>
    Object.entries(calls)
      .filter(([, call]) => call.tags?.includes(tag))
      .map(([method, call]) => ({ method: method.toUpperCase(), path, call })),
  );

const limitsOf = ({ minimum, maximum, maxLength }: Schema): string => {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, from ${minimum}`;
  return maxLength === undefined ? '' : `, at most ${maxLength} characters`;
};

/** `integer, 1 to 100`; `"VP8" | "H264"`; `array of object`. */
export const formOf = (schema: Schema | undefined): string => {
  if (schema === undefined) return '';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(formOf).join(' | ');
  if (schema.type === 'array') return `array of ${formOf(schema.items)}`;
  return `${schema.type ?? 'any'}${limitsOf(schema)}`;
};

export type Field = { name: string; form: string; required: boolean; description: string };

/** The fields of an object, those within it as `mems[].role`. */
export const fieldsOf = (schema: Schema | undefined, prefix = ''): Field[] => {
  if (schema?.type === 'array') return fieldsOf(schema.items, prefix === '' ? '' : `${prefix.slice(0, -1)}[].`);
  return Object.entries(schema?.properties ?? {}).flatMap(([name, field]) => [
    {
      name: prefix + name,
      form: formOf(field),
      required: schema?.required?.includes(name) ?? false,
      description: field.description ?? '',
    },
    ...fieldsOf(field, `${prefix}${name}.`),
  ]);
};
