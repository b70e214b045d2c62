/** As much of OpenAPI 3.1 as we touch. */

export type Schema = Record<string, unknown>;

export type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  example?: unknown;
  schema: Schema;
};

export type MediaType = { schema?: Schema; example?: unknown };

export type Response = {
  description: string;
  headers?: Record<string, Schema>;
  content?: Record<string, MediaType>;
};

export type Call = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, MediaType> };
  responses: Record<string, Response>;
};

export type OpenApiDocument = {
  openapi: string;
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Call>>;
  components: { schemas: Record<string, Schema>; headers: Record<string, Schema>; securitySchemes: object };
};
