// A private Bluesky network in one process: directory (PLC), personal data server, app view, moderation service.
// Usage: node bluesky_network.mjs CONFIG.json   (modules, ports, database, redis, ready)
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

// Its servers would listen on every interface; here a port without a host means loopback.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number' && typeof args[1] !== 'string') args.splice(1, 0, '127.0.0.1')
  else if (args[0]?.port !== undefined) args[0] = { ...args[0], host: '127.0.0.1' }
  return listen.apply(this, args)
}

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
process.env.REDIS_HOST = config.redis
process.env.LOG_ENABLED ??= 'false'
const from = createRequire(path.join(config.modules, '@atproto/dev-env/package.json'))
const load = (name) => import(pathToFileURL(from.resolve(name)))
const { TestNetwork, mockMailer, mockResolvers } = await load('@atproto/dev-env')
const { PDS } = await load('@atproto/pds')
const { Secp256k1Keypair } = await load('@atproto/crypto')
const plc = await load('@did-plc/lib')

// What the personal data server was made from, so that it can be stopped and started again with all it knew.
const environments = new Map()
const fromEnv = PDS.fromEnv
PDS.fromEnv = (env, ...more) => {
  environments.set(env.port, env)
  return fromEnv.call(PDS, env, ...more)
}

const network = await TestNetwork.create({
  dbPostgresUrl: config.database,
  dbPostgresSchema: 'tests',
  pds: { port: config.ports.pds, hostname: 'localhost' },
  bsky: { port: config.ports.appview, publicUrl: `http://localhost:${config.ports.appview}` },
  plc: { port: config.ports.plc },
  ozone: { port: config.ports.ozone, dbMaterializedViewRefreshIntervalMs: 2000 },
})
mockMailer(network.pds)

const commands = {
  // Everything that was written has been seen by everybody.
  async settle() {
    await network.pds.processAll()
    await network.bsky.bsyncSub.processAll(await network.bsync.getStreamHeads())
    await network.processFullSubscription()
  },
  async stop() {
    await network.pds.server.destroy()
  },
  // secret: sign sessions with another one, so that none that there was is accepted any more.
  async start({ secret }) {
    const env = { ...environments.get(config.ports.pds), ...(secret && { jwtSecret: secret }) }
    const server = await PDS.fromEnv(env)
    await server.start()
    network.pds.server = server
    mockResolvers(server.ctx.idResolver, network.pds)
  },
  // What a labeler said of a post. Labels reach the app view by a service that is not in these packages, so it is put where
  // that service would put it.
  async label({ uri, cid, value, negated }) {
    const label = { src: network.ozone.ctx.cfg.service.did, uri, cid, val: value, neg: !!negated, cts: new Date().toISOString(), exp: null }
    await network.bsky.db.db.insertInto('label').values(label).execute()
  },
  // A service of somebody else, found by its DID as the personal data server finds every service.
  async service({ name, url }) {
    const key = await Secp256k1Keypair.create({ exportable: true })
    const unsigned = {
      type: 'plc_operation', prev: null, rotationKeys: [key.did()], verificationMethods: { atproto: key.did() },
      alsoKnownAs: [], services: { [name]: { type: 'BskyChatService', endpoint: url } },
    }
    const operation = await plc.addSignature(unsigned, key)
    const did = await plc.didForCreateOp(operation)
    await new plc.Client(network.plc.url).sendOperation(did, operation)
    return { did }
  },
}

http.createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  try {
    const answer = await commands[request.url.slice(1)](JSON.parse(body || '{}'))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error))
  }
}).listen(config.ports.control)

await network.processAll()
fs.writeFileSync(config.ready, '')

process.on('SIGTERM', async () => {
  await network.close().catch(() => {})
  process.exit(0)
})
