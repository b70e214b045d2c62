/** What the vendor's web SDK calls, as it spells it. */
export const EMEDIA_PATHS = {
  ticket: '/easemob/rtc/req/ticket',
  select: '/easemob/rtc/select/confr',
  room: '/:org/:app/conferences/room',
  kick: '/easemob/rtc/kick/member',
  disband: '/easemob/rtc/disband/conference',
  roles: '/easemob/rtc/chanage/roles',
  degrade: '/easemob/rtc/role/degrade',
  attributes: '/easemob/rtc/confr/attrs/update',
  liveSettings: '/easemob/rtc/livecfg',
  liveLayout: '/easemob/rtc/live/layout',
  liveEnd: '/easemob/rtc/delete/live',
  socket: '/rtc/ws',
  quality: '/rtc/qoe',
} as const;
