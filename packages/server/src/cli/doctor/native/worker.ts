import { serveParent } from '../../../base/child-port.ts';
import type { NativeReply, NativeRequest } from './protocol.ts';

/** Each library is loaded only when it is asked for: one that does not load is no fault of the other. */
const handle = async (request: NativeRequest): Promise<NativeReply> => {
  switch (request.kind) {
    case 'codecs': {
      const { missingCodecs } = await import('../../../compositor/codec-check.ts');
      return { kind: 'codecs', missing: missingCodecs() };
    }
    case 'webrtc': {
      const { checkLibrary } = await import('../../../sfu/transport/library-check.ts');
      return { kind: 'webrtc', version: await checkLibrary() };
    }
  }
};

serveParent<NativeRequest, NativeReply, never>({ handle, close: async () => {} });
