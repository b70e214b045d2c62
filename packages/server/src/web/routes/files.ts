/** The link: one file, streamed, whole or in part. */
import type { FileHandle } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Container } from '@callreel/contract/recording.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ByteRange, ObjectFacts, ObjectStore } from '../../storage/object-store.ts';
import type { RecordingRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { WebError } from '../errors.ts';
import { FileSender } from '../file-sender.ts';
import type { Links } from '../links.ts';
import type { Workload } from '../load/workload.ts';
import { isNotModified, mayAnswerPart, type Validators } from '../preconditions.ts';
import { type RangeRequest, readRange } from '../ranges.ts';
import type { RatedApp, Rates } from '../rates/rates.ts';
import { type Routes, restOfPath } from '../web-app.ts';

export type FileRouteParts = {
  links: Links;
  recordings: Store['recordings'];
  objects: ObjectStore;
  rates: Rates;
  workload: Workload;
};

type StoredFile = { row: RecordingRow; facts: ObjectFacts };

const FileQuery = Type.Object(
  {
    Expires: Type.Optional(Type.String()),
    KeyId: Type.Optional(Type.String()),
    Signature: Type.Optional(Type.String()),
    download: Type.Optional(Type.String({ description: '1: to be saved and not shown. Not signed.' })),
  },
  { additionalProperties: true },
);

const bytes = (description: string) => Type.Unsafe<unknown>({ type: 'string', format: 'binary', description });

const FILE_RESPONSES = {
  200: bytes('The file'),
  206: bytes('The part that was asked for'),
  304: Type.Null({ description: 'What the client has is current' }),
};

const MEDIA_TYPES: Readonly<Record<Container, string>> = {
  webm: 'video/webm',
  mp4: 'video/mp4',
  mkv: 'video/x-matroska',
};

const validatorsOf = ({ row, facts }: StoredFile): Validators => ({
  // What is stored under a recording's key is finished: it never changes, wherever it is moved.
  etag: `"${row.recordingKey}-${facts.sizeBytes.toString(36)}"`,
  modifiedMs: Math.floor(facts.modifiedMs / 1000) * 1000,
});

/** RFC 9530. The hash is known some time after the file is listed. */
const digestOf = ({ facts }: RecordingRow): Record<string, string> => {
  const { sha256 } = facts;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) return {};
  return { 'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` };
};

/** RFC 6266. Names of users are ASCII, so the plain form says all. */
const dispositionOf = ({ userName, recordingKey, recordType, container }: RecordingRow, download: boolean): string => {
  const who = recordType === 'MERGE_ALL' ? 'merged' : userName;
  return `${download ? 'attachment' : 'inline'}; filename="${who}-${recordingKey}.${container}"`;
};

const headersOf = (file: StoredFile, download: boolean): Record<string, string> => {
  const { etag, modifiedMs } = validatorsOf(file);
  return {
    etag,
    'last-modified': new Date(modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': MEDIA_TYPES[file.row.container],
    'content-disposition': dispositionOf(file.row, download),
    'content-security-policy': 'sandbox',
    // Whoever has the link may show the file, in a page of any origin.
    'cross-origin-resource-policy': 'cross-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...digestOf(file.row),
  };
};

/** Ranges are defined for GET alone (RFC 9110, section 14.2). */
const rangeOf = (request: FastifyRequest, file: StoredFile): RangeRequest => {
  const { method, headers } = request;
  if (method !== 'GET' || !mayAnswerPart(headers, validatorsOf(file))) return { kind: 'whole' };
  return readRange(headers.range, file.facts.sizeBytes);
};

/** Whose file it is: an object's key begins with the names of its app. */
const ownerIn = (objectKey: string): RatedApp => {
  const [org = '', name = ''] = objectKey.split('/');
  return { org, name };
};

export const fileRoutes = ({ links, recordings, objects, rates, workload }: FileRouteParts): Routes => {
  const sender = new FileSender();

  /** Whoever has no valid link is counted by his address, all others with the app. */
  const admit = async (request: FastifyRequest, reply: FastifyReply, objectKey: string): Promise<void> => {
    const owner = ownerIn(objectKey);
    await workload.begin(request, reply, `${owner.org}/${owner.name}`.toLowerCase());
    try {
      await checkLink(objectKey, request.query);
    } catch (error) {
      if (error instanceof WebError) await rates.countAddress(request);
      throw error;
    }
    await rates.countApp(request, reply, owner, 'files');
  };

  const checkLink = async (objectKey: string, query: unknown): Promise<void> => {
    const verdict = await links.verify(objectKey, query);
    if (verdict === 'expired') throw WebError.forbidden('This link has expired');
    if (verdict !== 'valid') throw WebError.forbidden('This link was not issued by this service, or it was altered');
  };

  const findFile = async (objectKey: string): Promise<StoredFile> => {
    const row = await recordings.byObjectKey(objectKey);
    const facts = row && (await objects.stat(objectKey));
    if (row === undefined || facts === undefined) throw WebError.of('gone', 'This file was removed');
    return { row, facts };
  };

  /** Past fastify, which sends streams only. */
  const sendFile = async (reply: FastifyReply, file: FileHandle, part: ByteRange): Promise<void> => {
    reply.hijack();
    reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    workload.end(reply.request);
    await sender.send(file, reply.raw, part);
  };

  /** fastify closes the stream with the connection once it is being sent; a client that went before is ours to notice. */
  const sendStream = async (reply: FastifyReply, objectKey: string, part: ByteRange): Promise<FastifyReply> => {
    const bytes = await objects.open(objectKey, part);
    if (reply.raw.destroyed) bytes.destroy();
    return reply.send(bytes);
  };

  /** Headers come last: a refusal on the way must not bear those of a file. */
  const answerFile = async (request: FastifyRequest, reply: FastifyReply, objectKey: string, download: boolean) => {
    const file = await findFile(objectKey);
    const headers = headersOf(file, download);
    if (isNotModified(request.headers, validatorsOf(file))) return reply.code(304).headers(headers).send();
    const { sizeBytes } = file.facts;
    const wanted = rangeOf(request, file);
    if (wanted.kind === 'unsatisfiable') throw WebError.rangeNotSatisfiable(sizeBytes);
    const range = wanted.kind === 'part' ? wanted.range : undefined;
    const part = range ?? { start: 0, end: sizeBytes - 1 };
    const isEmpty = request.method === 'HEAD' || sizeBytes === 0;
    const opened = isEmpty ? undefined : await objects.openFile?.(objectKey);
    if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
    reply.headers({ ...headers, 'content-length': part.end - part.start + 1 });
    if (opened) return sendFile(reply, opened, part);
    return isEmpty ? reply.send() : sendStream(reply, objectKey, part);
  };

  return async (app) => {
    app.route({
      url: ROUTES.file,
      // Both by name: the HEAD that fastify adds to a GET would tell a length of 0.
      method: ['GET', 'HEAD'],
      schema: {
        tags: ['files'],
        summary: 'The file of a recording, under the link that the listing gave; ranges are served',
        security: [],
        querystring: FileQuery,
        response: FILE_RESPONSES,
      },
      // A query of another form is that of no link of ours: 403 like any other.
      attachValidation: true,
      handler: async (request, reply) => {
        const objectKey = restOfPath(request);
        await admit(request, reply, objectKey);
        return answerFile(request, reply, objectKey, request.query.download === '1');
      },
    });
  };
};
