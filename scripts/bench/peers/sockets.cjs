'use strict'
// Hand-written Node peer for the socket workloads: 'data' events and callbacks,
// no promises on the hot path.
//   node sockets.cjs server HOST:PORT [CERT KEY]
//   node sockets.cjs WORKLOAD TARGET [PARAMS]
// TARGET is HOST:PORT, tls:HOST:PORT or resume:HOST:PORT (TLS reusing sessions), or
// self:HOST:PORT or self:CERT:KEY:HOST:PORT: the server runs in this process.
const net = require('net')
const tls = require('tls')
const fs = require('fs')

const now = () => process.hrtime.bigint()
const report = (name, ops, t0, check) => {
  const seconds = Number(process.hrtime.bigint() - t0) / 1e9
  console.log(`{"name":"${name}","ops":${ops},"seconds":${seconds},"check":"${check}"}`)
}
const finish = () => process.exit(0)

// Cuts a byte stream into lines; onLine gets a latin1 string without its line end.
// While `left` is positive, bytes are counted instead and onDone is called at zero.
class Cutter {
  constructor(onLine) {
    this.onLine = onLine
    this.rest = ''
    this.left = 0
    this.onDone = null
  }
  push(chunk) {
    if (this.left > 0) {
      const n = Math.min(this.left, chunk.length)
      this.left -= n
      if (this.left === 0) this.onDone()
      if (n === chunk.length) return
      chunk = chunk.subarray(n)
    }
    let text = chunk.latin1Slice(0, chunk.length)
    if (this.rest !== '') text = this.rest + text
    let from = 0
    for (;;) {
      const at = text.indexOf('\n', from)
      if (at < 0) break
      const end = at > from && text.charCodeAt(at - 1) === 13 ? at - 1 : at
      const line = text.slice(from, end)
      from = at + 1
      this.onLine(line)
      if (this.left > 0) {
        this.push(Buffer.from(text.slice(from), 'latin1'))
        return
      }
    }
    this.rest = from === 0 ? text : text.slice(from)
  }
}

// Writes `count` blocks, waiting for 'drain' whenever the socket is full.
function pour(socket, block, count, done) {
  const more = () => {
    while (count > 0) {
      count--
      if (!socket.write(block)) {
        socket.once('drain', more)
        return
      }
    }
    done()
  }
  more()
}

function serve(socket) {
  socket.setNoDelay(true)
  socket.on('error', () => {})
  let count = 0
  const echo = line => socket.write(line + '\r\n', 'latin1')
  const sink = line => {
    if (line === 'end') socket.end(count + '\r\n')
    else count++
  }
  const cutter = new Cutter(line => {
    const [mode, a, b, c] = line.split(' ')
    if (mode === 'echo') cutter.onLine = echo
    else if (mode === 'sink') cutter.onLine = sink
    else if (mode === 'lines') {
      const one = 'x'.repeat(+b) + '\r\n'
      pour(socket, Buffer.from(one.repeat(+c), 'latin1'), Math.ceil(a / c), () => socket.end())
    } else if (mode === 'bulk') pour(socket, Buffer.alloc(+b, '0123456789abcdef'), +a, () => socket.end())
    else if (mode === 'drain') {
      cutter.left = a * b
      cutter.onDone = () => socket.end('ok\r\n')
    } else if (mode === 'bye') socket.end('bye\r\n')
    else if (mode === 'hold') socket.write('held\r\n')
    else socket.destroy()
  })
  socket.on('data', chunk => cutter.push(chunk))
}

let session
const shared = tls.createSecureContext()
function dial(target, request, onLine, onOpen) {
  const parts = target.split(':')
  const [host, port] = parts.slice(-2)
  const plain = parts.length === 2
  let socket
  const ready = () => {
    socket.setNoDelay(true)
    socket.write(request + '\r\n', 'latin1')
    if (onOpen) onOpen(socket)
  }
  if (plain) socket = net.connect({ host, port: +port }, ready)
  else {
    const options = { host, port: +port, rejectUnauthorized: false, secureContext: shared }
    if (parts[0] === 'resume') {
      options.session = session
      socket = tls.connect(options, ready)
      socket.on('session', s => (session = s))
    } else socket = tls.connect(options, ready)
  }
  socket.on('error', e => {
    console.error(e.message)
    process.exit(1)
  })
  if (onLine) {
    const cutter = new Cutter(line => onLine(line, socket, cutter))
    socket.on('data', chunk => cutter.push(chunk))
  }
  return socket
}

const LINE = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const workloads = {
  server(address, cert, key, ready = () => console.log('ready')) {
    const [host, port] = address.split(':')
    const server = cert
      ? tls.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, serve)
      : net.createServer(serve)
    server.listen({ host, port: +port, backlog: 1024 }, ready)
  },
  echo(target, trips = 20000) {
    let t, i = 0, bytes = 0
    dial(target, 'echo', (line, socket) => {
      bytes += line.length
      if (++i == trips) {
        report('sock-echo', trips, t, bytes)
        finish()
      } else socket.write(LINE + '\r\n', 'latin1')
    }, socket => {
      t = now()
      socket.write(LINE + '\r\n', 'latin1')
    })
  },
  lines(target, count = 1000000, size = 30, batch = 500) {
    const t = now()
    let seen = 0, bytes = 0
    const socket = dial(target, `lines ${count} ${size} ${batch}`, line => {
      seen++
      bytes += line.length
    })
    socket.on('end', () => {
      report('sock-lines', count, t, seen + '/' + bytes)
      finish()
    })
  },
  writes(target, count = 300000, size = 30) {
    const line = 'y'.repeat(size) + '\r\n'
    let t
    dial(target, 'sink', answer => {
      report('sock-writes', count, t, answer)
      finish()
    }, socket => {
      t = now()
      pour({ write: x => socket.write(x, 'latin1'), once: (e, f) => socket.once(e, f) }, line, +count, () => socket.write('end\r\n'))
    })
  },
  bulk(target, megabytes = 1024, size = 65536, direction = 'down') {
    const t = now()
    const blocks = (megabytes * 1048576) / size
    if (direction === 'down') {
      let bytes = 0
      const socket = dial(target, `bulk ${blocks} ${size}`)
      socket.on('data', chunk => (bytes += chunk.length))
      socket.on('end', () => {
        report('sock-bulk-down', megabytes, t, bytes)
        finish()
      })
    } else {
      dial(target, `drain ${blocks} ${size}`, answer => {
        report('sock-bulk-up', megabytes, t, answer)
        finish()
      }, socket => pour(socket, Buffer.alloc(+size, '0123456789abcdef'), blocks, () => {}))
    }
  },
  conns(target, conns = 500, trips = 100) {
    let t, open = 0, done = 0, bytes = 0
    const sockets = []
    for (let k = 0; k < conns; k++) {
      let left = trips, warm = true
      dial(target, 'echo', (line, socket) => {
        if (warm) {
          warm = false
          sockets.push(socket)
          if (++open == conns) {
            t = now()
            for (const s of sockets) s.write(LINE + '\r\n', 'latin1')
          }
          return
        }
        bytes += line.length
        if (--left > 0) socket.write(LINE + '\r\n', 'latin1')
        else {
          socket.end()
          if (++done == conns) {
            report('sock-conns', conns * trips, t, bytes)
            finish()
          }
        }
      }, socket => socket.write(LINE + '\r\n', 'latin1'))
    }
  },
  churn(target, count = 5000, workers = 8) {
    const share = Math.floor(count / workers)
    const t = now()
    let good = 0, busy = workers, reused = 0
    for (let w = 0; w < workers; w++) {
      let left = share
      const visit = () => {
        if (left-- === 0) {
          if (--busy === 0) {
            report('sock-churn', share * workers, t, good)
            if (reused) console.error('sessions reused: ' + reused)
            finish()
          }
          return
        }
        const socket = dial(target, 'bye', answer => {
          if (answer === 'bye') good++
          if (socket.isSessionReused && socket.isSessionReused()) reused++
          socket.end()
        })
        socket.on('close', visit)
      }
      visit()
    }
  },
  // Verification is that of Node: the chain, and the name unless a session was taken up again.
  handshakes(target, count = 1000, kind = 'full', trusted = 'cert.pem', workers = 4) {
    const [host, port] = target.split(':').slice(-2)
    const share = Math.floor(count / workers)
    const secureContext = tls.createSecureContext({ ca: fs.readFileSync(trusted) })
    const t = now()
    let good = 0, busy = +workers
    for (let w = 0; w < workers; w++) {
      let i = 0, kept
      const visit = () => {
        if (i === share) {
          if (--busy === 0) {
            report('sock-handshakes-' + kind, share * workers, t, good)
            finish()
          }
          return
        }
        const servername = kind === 'full' ? `h${w * share + i}.bench.test` : `w${w}.bench.test`
        i++
        const socket = tls.connect({ host, port: +port, servername, secureContext, session: kept, noDelay: true }, () => {
          socket.write('bye\r\n', 'latin1')
        })
        if (kind === 'resumed') socket.on('session', ticket => (kept = ticket))
        const cutter = new Cutter(answer => {
          if (answer === 'bye') good++
          socket.end()
        })
        socket.on('data', chunk => cutter.push(chunk))
        socket.on('error', e => {
          console.error(e.message)
          process.exit(1)
        })
        socket.on('close', visit)
      }
      visit()
    }
  },
  idle(target, count = 2000, stay = 10) {
    const t = now()
    let held = 0
    const next = () => dial(target, 'hold', () => {
      if (++held == count) {
        report('sock-idle', count, t, held)
        setTimeout(finish, stay * 1000)
      } else next()
    })
    next()
  },
}

const [name, ...params] = process.argv.slice(2)
const [kind, ...rest] = String(params[0]).split(':')
if (kind === 'self') {
  const address = rest.slice(-2).join(':')
  const secure = rest.length === 4
  params[0] = secure ? 'tls:' + address : address
  workloads.server(address, secure && rest[0], secure && rest[1], () => workloads[name](...params))
} else workloads[name](...params)
