'use strict'
// Hand-written JavaScript for the CPU workloads. Usage: node cpu.cjs NAME [PARAMS].
// Plain loops and built-in containers: what a JavaScript author would write.

const report = (name, ops, t0, check) => {
  const seconds = Number(process.hrtime.bigint() - t0) / 1e9
  console.log(`{"name":"${name}","ops":${ops},"seconds":${seconds},"check":"${check}"}`)
}
const now = () => process.hrtime.bigint()
const text = (unit, size) => {
  while (unit.length < size) unit += unit
  return unit
}

const fib = n => (n < 2 ? n : fib(n - 1) + fib(n - 2))
const down = n => (n === 0 ? 0 : 1 + down(n - 1))

const step = (state, bit) => {
  switch (state) {
    case 'start': return bit ? 'b' : 'a'
    case 'a': return bit ? 'd' : 'c'
    case 'b': return bit ? 'e' : 'd'
    case 'c': return bit ? 'g' : 'f'
    case 'd': return bit ? 'h' : 'g'
    case 'e': return bit ? 'i' : 'h'
    case 'f': return bit ? 'a' : 'j'
    case 'g': return bit ? 'j' : 'k'
    case 'h': return bit ? 'k' : 'l'
    case 'i': return bit ? 'l' : 'b'
    case 'j': return bit ? 'c' : 'm'
    case 'k': return bit ? 'm' : 'n'
    case 'l': return bit ? 'n' : 'start'
    case 'm': return bit ? 'done' : 'e'
    case 'n': return bit ? 'f' : 'done'
    default: return 'start'
  }
}

function parse(s) {
  let pos = 0
  const skip = () => {
    for (;;) {
      const c = s.charCodeAt(pos)
      if (c === 32 || c === 10 || c === 9 || c === 13) pos++
      else return
    }
  }
  const str = () => {
    let out = ''
    for (pos++; ; pos++) {
      const c = s[pos]
      if (c === '"') {
        pos++
        return out
      }
      if (c === '\\') out += s[++pos]
      else out += c
    }
  }
  const number = () => {
    const from = pos
    while (pos < s.length && '0123456789-.'.includes(s[pos])) pos++
    return Number(s.slice(from, pos))
  }
  const list = () => {
    const out = []
    for (pos++; ;) {
      skip()
      if (s[pos] === ']') {
        pos++
        return out
      }
      if (s[pos] === ',') pos++
      else out.push(value())
    }
  }
  const object = () => {
    const out = {}
    for (pos++; ;) {
      skip()
      if (s[pos] === '}') {
        pos++
        return out
      }
      if (s[pos] === ',') pos++
      else {
        const key = str()
        skip()
        pos++
        out[key] = value()
      }
    }
  }
  const word = (size, v) => {
    pos += size
    return v
  }
  const value = () => {
    skip()
    switch (s[pos]) {
      case '{': return object()
      case '[': return list()
      case '"': return str()
      case 't': return word(4, true)
      case 'f': return word(5, false)
      case 'n': return word(4, null)
      default: return number()
    }
  }
  return value()
}

// A channel with waiting promises, for the thread workloads.
class Channel {
  constructor(room = 0) {
    this.room = room
    this.items = []
    this.head = 0
    this.senders = []
    this.receivers = []
  }
  send(v) {
    const r = this.receivers.shift()
    if (r) return r(v)
    if (this.items.length - this.head < this.room) return void this.items.push(v)
    return new Promise(done => this.senders.push([v, done]))
  }
  recv() {
    if (this.head < this.items.length) {
      const v = this.items[this.head++]
      if (this.head === this.items.length) {
        this.items.length = 0
        this.head = 0
      }
      const s = this.senders.shift()
      if (s) {
        this.items.push(s[0])
        s[1]()
      }
      return v
    }
    const s = this.senders.shift()
    if (s) {
      s[1]()
      return s[0]
    }
    return new Promise(done => this.receivers.push(done))
  }
}

const programs = {
  fib(n = 32) {
    const t = now()
    report('cpu-fib', n, t, fib(n))
  },
  loopsum(n = 10000000) {
    const t = now()
    let acc = 0
    for (let i = n; i; i--) acc += i
    report('cpu-loopsum', n, t, acc)
  },
  deep(depth = 1000, repeats = 1000) {
    const t = now()
    let acc = 0
    for (let k = 0; k < repeats; k++) acc += down(depth)
    report('cpu-deep', depth * repeats, t, acc)
  },
  strbuild(pushes = 1000000, adds = 20000) {
    let t = now()
    let s = ''
    for (let i = 0; i < pushes; i++) s += i % 2 ? 'b' : 'a'
    report('cpu-strbuild-push', pushes, t, Buffer.byteLength(s))
    t = now()
    let joined = ''
    for (let i = 0; i < adds; i++) joined = joined + '0123456789abcdef'
    report('cpu-strbuild-plus', adds, t, Buffer.byteLength(joined))
  },
  bytescan(n = 4000000) {
    const s = text('the quick brown fox, jumps over: the lazy dog\n', n)
    let t = now()
    let lines = 0
    for (let i = 0; i < n; i++) if (s[i] === '\n') lines++
    report('cpu-bytescan-cmp', n, t, lines)
    t = now()
    let bytes = 0
    for (let i = 0; i < n; i++) bytes += s.charCodeAt(i)
    report('cpu-bytescan-code', n, t, bytes)
  },
  lists(n = 500000) {
    let t = now()
    const xs = []
    for (let i = 0; i < n; i++) xs.push(i)
    report('cpu-lists-push', n, t, xs.length)
    t = now()
    const answer = xs.map(x => x * 3).filter(x => x % 2 === 0).reduce((a, b) => a + b, 0)
    report('cpu-lists-hof', n, t, answer)
  },
  objects(n = 200000) {
    let t = now()
    const table = new Map()
    for (let i = 0; i < n; i++) table.set('key' + i, i)
    report('cpu-objects-insert', n, t, table.size)
    t = now()
    let acc = 0
    for (let i = 0; i < n; i++) acc += table.get('key' + i)
    report('cpu-objects-read', n, t, acc)
    t = now()
    const point = { x: 0, y: 0, hits: 0 }
    for (let i = 0; i < n * 5; i++) {
      point.x++
      point.y += point.x
      point.hits++
    }
    report('cpu-objects-fields', n * 5, t, point.y)
  },
  sort(n = 200000) {
    const xs = []
    let seed = 42n
    for (let i = 0; i < n; i++) {
      seed = (seed * 1103515245n + 12345n) % 2147483648n
      xs.push(Number(seed))
    }
    const t = now()
    const sorted = xs.slice().sort((a, b) => a - b)
    report('cpu-sort', n, t, sorted[0] + '/' + sorted[n - 1])
  },
  closures(n = 500000) {
    const counter = by => {
      let count = 0
      return () => (count += by)
    }
    let t = now()
    const a = counter(1)
    const b = counter(2)
    let acc = 0
    for (let i = 0; i < n; i++) {
      const fresh = counter(i)
      fresh()
      acc += a() + b() + fresh()
    }
    report('cpu-closures-counters', n, t, acc)
    t = now()
    const compose = (f, g) => x => f(g(x))
    const chain = compose(x => x + 1, compose(x => (x * 2) % 1000003, compose(x => x + 7, x => x)))
    let x = 1
    for (let i = 0; i < n; i++) x = chain(x)
    report('cpu-closures-compose', n, t, x)
  },
  states(n = 2000000) {
    const t = now()
    let state = 'start'
    let seed = 7
    let finished = 0
    for (let i = 0; i < n; i++) {
      state = step(state, seed > 32767 ? 1 : 0)
      seed = (seed * 25173 + 13849) % 65536
      if (state === 'done') finished++
    }
    report('cpu-states', n, t, finished)
  },
  parse(records = 20000) {
    const parts = []
    for (let i = 0; i < records; i++) {
      parts.push(`{"id": ${i}, "name": "record number ${i}", "tags": ["red", "green", "blue"], "ok": true, "none": null, "w": 12.5}`)
    }
    const s = '[' + parts.join(',') + ']'
    const t = now()
    const tree = parse(s)
    const last = tree[tree.length - 1]
    report('cpu-parse', s.length, t, `${tree.length}/${last.name}/${last.w}`)
  },
  sieve(limit = 1000000) {
    const t = now()
    const composite = []
    for (let i = 0; i <= limit; i++) composite.push(false)
    let count = 0
    for (let i = 2; i <= limit; i++) {
      if (composite[i]) continue
      count++
      for (let j = i * i; j <= limit; j += i) composite[j] = true
    }
    report('cpu-sieve', limit, t, count)
  },
  floats(size = 100, steps = 20000) {
    let t = now()
    const cell = (i, j) => 1 / (((i + j) * (i + j + 1)) / 2 + i + 1)
    const mul = (pick, v) => {
      const out = []
      for (let i = 0; i < size; i++) {
        let acc = 0
        for (let j = 0; j < size; j++) acc += pick(i, j) * v[j]
        out.push(acc)
      }
      return out
    }
    const both = v => mul((i, j) => cell(j, i), mul(cell, v))
    let u = Array(size).fill(1)
    let v = []
    for (let k = 0; k < 10; k++) {
      v = both(u)
      u = both(v)
    }
    const dot = (a, b) => a.reduce((acc, x, i) => acc + x * b[i], 0)
    report('cpu-spectral', size * size * 40, t, Math.floor(Math.sqrt(dot(u, v) / dot(v, v)) * 1e9))
    t = now()
    const body = (x, y, z, vx, vy, vz, mass) => ({ x, y, z, vx, vy, vz, mass })
    const bodies = [
      body(0, 0, 0, 0, 0, 0, 39.5),
      body(4.8, -1.2, -0.1, 0.6, 2.8, -0.02, 0.037),
      body(8.3, 4.1, -0.4, -1.0, 1.8, 0.008, 0.011),
      body(12.9, -15.1, -0.2, 1.1, 0.87, -0.01, 0.0017),
      body(15.4, -25.9, 0.18, 0.98, 0.59, -0.03, 0.002),
    ]
    const dt = 0.001
    for (let k = 0; k < steps; k++) {
      for (let i = 0; i < 5; i++) {
        for (let j = i + 1; j < 5; j++) {
          const a = bodies[i]
          const b = bodies[j]
          const dx = a.x - b.x
          const dy = a.y - b.y
          const dz = a.z - b.z
          const d2 = dx * dx + dy * dy + dz * dz
          const mag = dt / (d2 * Math.sqrt(d2))
          a.vx -= dx * b.mass * mag
          a.vy -= dy * b.mass * mag
          a.vz -= dz * b.mass * mag
          b.vx += dx * a.mass * mag
          b.vy += dy * a.mass * mag
          b.vz += dz * a.mass * mag
        }
      }
      for (const b of bodies) {
        b.x += dt * b.vx
        b.y += dt * b.vy
        b.z += dt * b.vz
      }
    }
    report('cpu-nbody', steps, t, Math.floor(bodies[1].y * 1000 + 100000))
  },
  hash64(steps = 2000000, size = 1000000) {
    let t = now()
    let x = 1n
    for (let i = 0; i < steps; i++) x = BigInt.asIntN(64, x * 6364136223846793005n + 1442695040888963407n)
    report('cpu-lcg64', steps, t, x)
    const s = text('hash me if you can; ', size)
    t = now()
    let acc = -3750763034362895579n
    for (let i = 0; i < size; i++) acc = BigInt.asIntN(64, (acc ^ BigInt(s.charCodeAt(i))) * 1099511628211n)
    report('cpu-fnv64', size, t, acc)
  },
  async threads(trips = 100000, spawns = 10000, items = 200000) {
    let t = now()
    const ping = new Channel()
    const pong = new Channel()
    ;(async () => {
      for (let i = 0; i < trips; i++) await pong.send((await ping.recv()) + 1)
    })()
    let x = 0
    for (let i = 0; i < trips; i++) {
      await ping.send(x)
      x = await pong.recv()
    }
    report('cpu-chan-pingpong', trips, t, x)
    t = now()
    const done = new Channel()
    for (let i = 0; i < spawns; i++) (async k => done.send(k))(i)
    let total = 0
    for (let i = 0; i < spawns; i++) total += await done.recv()
    report('cpu-spawn', spawns, t, total)
    t = now()
    const pipe = new Channel(64)
    ;(async () => {
      for (let i = 0; i < items; i++) await pipe.send(i)
    })()
    let got = 0
    for (let i = 0; i < items; i++) got += await pipe.recv()
    report('cpu-chan-buffered', items, t, got)
  },
  async chain(links = 1000, passes = 100) {
    const t = now()
    const first = new Channel()
    let tail = first
    for (let i = 0; i < links; i++) {
      const from = tail
      const to = new Channel()
      ;(async () => {
        for (let k = 0; k < passes; k++) await to.send((await from.recv()) + 1)
      })()
      tail = to
    }
    ;(async () => {
      for (let k = 0; k < passes; k++) await first.send(0)
    })()
    let sum = 0
    for (let k = 0; k < passes; k++) sum += await tail.recv()
    report('cpu-chan-chain', links * passes, t, sum)
  },
}

const [name, ...params] = process.argv.slice(2)
programs[name](...params.map(Number))
