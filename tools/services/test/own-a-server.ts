import { RedisServer } from '../redis-server.ts'

// Starts a server, says where, and waits to be killed.
const server = await RedisServer.start()
console.log(JSON.stringify({ port: server.port, folder: server.process.folder }))
setInterval(() => {}, 60_000)
