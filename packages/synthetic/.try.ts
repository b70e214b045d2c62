import { prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { callerLook } from '@callreel/synthetic/prepare/caller-look.ts';
import { SyntheticCaller } from '@callreel/synthetic/caller.ts';
for (const codec of ['VP8','H264'] as const) {
const media = await prepareMedia({durationMs:4000, videoCodec:codec, audio:true, textured: true, ...callerLook(0)});
const t=performance.now();
const c = await SyntheticCaller.publish({whipUrl:`http://127.0.0.1:19411/whip?mode=pipe&nack=1&codec=${codec}&passive=1`, token:'x', media, lossRate: codec==='VP8'?0.05:0, seed: 5, canVanish: codec==='H264', rtpStart: {sequenceNumber:65500, timestamp: 2**32-90000}});
console.log('open', performance.now()-t, c.resourceUrl);
await c.waitUntilSent();
const s=c.sent; console.log(s.frames.length, s.soundPackets, s.events, 'dropped', s.dropped.filter(d=>d.track==='video').length, s.dropped.filter(d=>d.track==='audio').length, 'resent', s.resent.length, 'pli', s.keyFrameRequestsAtMs.length, 'sr', s.senderReports, 'rr', s.receiverReports, 'lateness', Math.max(...s.frames.map(f=>f.sentAtMs-s.startedAtMs-f.mediaMs)).toFixed(1), Math.max(...s.frames.map(f=>f.packets)));
const st = await (await fetch('http://127.0.0.1:19411/stats')).json(); const me=st.sessions.at(-1); console.log(JSON.stringify(me.ssrcs.map((x:any)=>({kind:x.kind,codec:x.codec,packets:x.packets,frames:x.frames,key:x.key,gaps:x.gaps,lost:x.lost,late:x.late,dups:x.dups,giveup:x.giveup}))), JSON.stringify(me.rtcp), me.states.length, me.srs);
if (codec==='VP8') await c.stop().catch(e=>console.log('stop', e.message)); else c.vanish();
}
setTimeout(()=>{console.log('still alive after 3s', process.getActiveResourcesInfo()); },3000).unref();
