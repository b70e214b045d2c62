/**
 * Every call with every credential, and the status that the contract gives it. A row is what all the columns get there; a call that
 * differs by what it asks for has a row for each, told apart by what stands in brackets behind its path. A number below 0 is the `error` of a 200:
 * so the vendor's web SDK wants to be refused. Its role tokens are none of these credentials: see tests/emedia/protocol.test.ts.
 */

const TABLE = `
none malformed expired altered revoked otherApps user otherAppsUser member memberElsewhere memberOfEnded kicked audience admin app

401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /:org/:app/audio/:confrId
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /:org/:app/audio/:userName/:confrId
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /:org/:app/audio/:beginTime/:endTime/:startId/:length
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /:org/:app/audio/merge/:beginTime/:endTime/:startId/:length
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /v1/:org/:app/recordings
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /v1/:org/:app/recordings/:id
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /v1/:org/:app/recordings/:id/timeline
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  DELETE /v1/:org/:app/recordings/:id

200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /files/*
403  403       403     403     403     403       403  403           403    403             403           403    403      403   403  GET    /files/*  (unsigned)
403  403       403     403     403     403       403  403           403    403             403           403    403      403   403  GET    /files/*  (another file's signature)
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  HEAD   /files/*
403  403       403     403     403     403       403  403           403    403             403           403    403      403   403  HEAD   /files/*  (unsigned)

200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  POST   /:org/:app/token
400  400       400     400     400     400       400  400           400    400             400           400    400      400   400  POST   /:org/:app/token  (wrong secret)
400  400       400     400     400     400       400  400           400    400             400           400    400      400   400  POST   /:org/:app/token  (another app's secret)
401  401       401     401     401     403       200  403           200    200             401           401    200      200   200  POST   /v1/:org/:app/tokens/revoke  (itself)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/tokens/revoke  (a user's)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  POST   /v1/:org/:app/tokens/revoke  (another app's)

401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /:org/:app/users
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  DELETE /:org/:app/users/:username

401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /:org/:app/conferences
401  401       401     401     401     403       200  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/conferences
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/conferences  (in an app that forbids it to users)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /v1/:org/:app/conferences
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  GET    /:org/:app/conferences/:confrId
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  GET    /:org/:app/conferences/:confrId  (another app's)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  DELETE /:org/:app/conferences/:confrId
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  DELETE /:org/:app/conferences/:confrId  (another app's)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  DELETE /:org/:app/conferences/:confrId/:userName

401  401       401     401     401     403       200  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/conferences/:confrId/join
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/conferences/:confrId/join  (as an admin)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   200  POST   /v1/:org/:app/conferences/:confrId/join  (without the password)
401  401       401     401     401     403       403  403           403    403             401           401    403      200   200  POST   /v1/:org/:app/conferences/:confrId/members/:memberId
401  401       401     401     401     403       403  403           200    403             401           401    403      200   200  DELETE /v1/:org/:app/conferences/:confrId/members/:memberId
401  401       401     401     401     403       403  403           200    403             401           401    200      200   200  GET    /v1/:org/:app/conferences/:confrId/recording
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  GET    /v1/:org/:app/conferences/:confrId/recording  (another app's)
401  401       401     401     401     403       403  403           403    403             401           401    403      200   200  POST   /v1/:org/:app/conferences/:confrId/recording
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  POST   /v1/:org/:app/conferences/:confrId/recording  (another app's)
401  401       401     401     401     403       403  403           201    403             401           401    403      201   403  POST   /v1/:org/:app/conferences/:confrId/whip
401  401       401     401     401     403       403  403           201    403             401           401    404      404   403  POST   /v1/:org/:app/conferences/:confrId/whip  (going on with the member's)
401  401       401     401     401     403       403  403           200    403             401           401    404      404   403  DELETE /v1/:org/:app/conferences/:confrId/whip/:pubStreamId
401  401       401     401     401     403       403  403           204    403             401           401    404      404   403  PATCH  /v1/:org/:app/conferences/:confrId/whip/:pubStreamId
401  401       401     401     401     403       403  403           201    403             401           401    201      201   403  POST   /v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep
401  401       401     401     401     403       403  403           200    403             401           401    404      404   403  POST   /v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep/:subscriptionId
401  401       401     401     401     403       403  403           200    403             401           401    404      404   403  DELETE /v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep/:subscriptionId
401  401       401     401     401     403       403  403           204    403             401           401    404      404   403  PATCH  /v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep/:subscriptionId

401  401       401     401     401     403       403  403           101    403             401           401    101      101   101  GET    /v1/:org/:app/conferences/:confrId/events
401  401       401     401     401     403       403  403           426    403             401           401    426      426   426  GET    /v1/:org/:app/conferences/:confrId/events  (as no WebSocket)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   403  GET    /v1/:org/:app/conferences/:confrId/events  (from another origin's page)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   404  GET    /v1/:org/:app/conferences/:confrId/events  (another app's)

401  401       401     401     401     403       200  403           403    403             401           401    403      403   403  POST   /v1/:org/:app/calls
401  401       401     401     401     403       403  403           403    403             401           401    403      403   403  POST   /v1/:org/:app/calls  (in an app that forbids it to users)
401  401       401     401     401     403       101  403           403    403             401           401    403      403   403  GET    /v1/:org/:app/users/me/events
401  401       401     401     401     403       426  403           403    403             401           401    403      403   403  GET    /v1/:org/:app/users/me/events  (as no WebSocket)
401  401       401     401     401     403       403  403           403    403             401           401    403      403   403  GET    /v1/:org/:app/users/me/events  (from another origin's page)

-401 -401      -401    -401    -401    -403      200  -403          -403   -403            -401          -401   -403     -403  -403 POST   /easemob/rtc/req/ticket
-401 -401      -401    -401    -401    -403      -403 -403          -403   -403            -401          -401   -403     -403  -403 POST   /easemob/rtc/req/ticket  (without the password)
-401 -401      -401    -401    -401    -403      -404 -403          -403   -403            -401          -401   -403     -403  -403 POST   /easemob/rtc/req/ticket  (another app's)
-401 -401      -401    -401    -401    -403      200  -403          -403   -403            -401          -401   -403     -403  -403 POST   /easemob/rtc/select/confr
-401 -401      -401    -401    -401    -403      200  -403          -403   -403            -401          -401   -403     -403  -403 POST   /:org/:app/conferences/room
-500 -500      -500    -500    -500    -500      -500 -500          -500   -500            -500          -500   -500     -500  -500 POST   /easemob/rtc/kick/member
-500 -500      -500    -500    -500    -500      -500 -500          -500   -500            -500          -500   -500     -500  -500 POST   /easemob/rtc/disband/conference
-500 -500      -500    -500    -500    -500      -500 -500          -500   -500            -500          -500   -500     -500  -500 POST   /easemob/rtc/chanage/roles
-500 -500      -500    -500    -500    -500      -500 -500          -500   -500            -500          -500   -500     -500  -500 POST   /easemob/rtc/role/degrade
-500 -500      -500    -500    -500    -500      -500 -500          -500   -500            -500          -500   -500     -500  -500 POST   /easemob/rtc/confr/attrs/update
-404 -404      -404    -404    -404    -404      -404 -404          -404   -404            -404          -404   -404     -404  -404 POST   /easemob/rtc/livecfg
-404 -404      -404    -404    -404    -404      -404 -404          -404   -404            -404          -404   -404     -404  -404 POST   /easemob/rtc/live/layout
-404 -404      -404    -404    -404    -404      -404 -404          -404   -404            -404          -404   -404     -404  -404 DELETE /easemob/rtc/delete/live
101  101       101     101     101     101       101  101           101    101             101           101    101      101   101  GET    /rtc/ws
403  403       403     403     403     403       403  403           403    403             403           403    403      403   403  GET    /rtc/ws  (from another origin's page)
401  401       401     401     401     403       101  101           403    403             401           401    403      403   403  GET    /rtc/qoe

200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /docs
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /assets/*
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /openapi.json
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /healthz
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /readyz
200  200       200     200     200     200       200  200           200    200             200           200    200      200   200  GET    /metrics
403  403       403     403     403     403       403  403           403    403             403           403    403      403   403  GET    /metrics  (through a proxy)
`;

export const CREDENTIALS = [
  'none',
  'malformed',
  'expired',
  'altered',
  'revoked',
  'otherApps',
  'user',
  'otherAppsUser',
  'member',
  'memberElsewhere',
  'memberOfEnded',
  'kicked',
  'audience',
  'admin',
  'app',
] as const;
export type CredentialName = (typeof CREDENTIALS)[number];

export type Row = {
  /** `GET /files/*`, as the router has it. */
  route: string;
  /** The route, and in brackets what it is asked for. */
  name: string;
  method: string;
  statusOf: Readonly<Record<CredentialName, number>>;
};

const readRow = (line: string): Row => {
  const words = line.trim().split(/\s+/);
  const statuses = words.slice(0, CREDENTIALS.length).map(Number);
  const [method = '', path = '', ...rest] = words.slice(CREDENTIALS.length);
  const route = `${method} ${path}`;
  const statusOf = Object.fromEntries(CREDENTIALS.map((name, column) => [name, statuses[column]]));
  return { route, name: [route, ...rest].join(' '), method, statusOf: statusOf as Row['statusOf'] };
};

const [head = '', ...lines] = TABLE.split('\n').filter((line) => line.trim() !== '');
if (head.trim().split(/\s+/).join() !== CREDENTIALS.join()) throw new TypeError('the columns are not the credentials');

export const ROWS: readonly Row[] = lines.map(readRow);
