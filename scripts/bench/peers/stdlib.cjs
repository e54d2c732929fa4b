'use strict'
// Hand-written JavaScript for the library workloads. Usage: node stdlib.cjs NAME [PARAM]. Loops that call a closure for each item,
// and the native methods of strings, arrays and JSON.

const param = fallback => Number(process.argv[3] ?? fallback)

/** Once to warm up, once measured. */
function measure(name, ops, f) {
  f()
  const t = process.hrtime.bigint()
  const check = f()
  const seconds = Number(process.hrtime.bigint() - t) / 1e9
  console.log(`{"name":"${name}","ops":${ops},"seconds":${seconds},"check":"${check}"}`)
}

function map(xs, f) {
  const mapped = []
  for (let i = 0; i < xs.length; i++) mapped.push(f(xs[i], i))
  return mapped
}
function filter(xs, f) {
  const kept = []
  for (let i = 0; i < xs.length; i++) if (f(xs[i], i)) kept.push(xs[i])
  return kept
}
function reduce(xs, seed, f) {
  let acc = seed
  for (let i = 0; i < xs.length; i++) acc = f(acc, xs[i], i)
  return acc
}
function each(xs, f) {
  for (let i = 0; i < xs.length; i++) f(xs[i], i)
}

function random(count) {
  const xs = []
  for (let i = 0, seed = 42n; i < count; i++) {
    seed = (seed * 1103515245n + 12345n) % 2147483648n
    xs.push(Number(seed))
  }
  return xs
}

const workloads = {
  hof() {
    const n = param(1000000)
    const xs = Array.from({ length: n }, (_, i) => i)
    measure('std-map', n, () => map(xs, x => x * 3 + 1).at(-1))
    measure('std-filter', n, () => filter(xs, x => x % 3 === 0).length)
    measure('std-reduce', n, () => reduce(xs, 0, (sum, x) => sum + x))
    measure('std-each', n, () => {
      let sum = 0
      each(xs, (x, i) => {
        sum += x + i
      })
      return sum
    })
  },

  sort() {
    const n = param(200000)
    const sorting = (name, xs, key) =>
      measure(name, n, () => {
        const sorted = [...xs].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
        return `${key(sorted[0])}/${key(sorted[n - 1])}`
      })
    const ints = random(n)
    sorting('std-sort-ints', ints, x => x)
    sorting('std-sort-strings', ints.map(x => `item ${x}`), s => s)
    sorting('std-sort-sorted', [...ints].sort((a, b) => a - b), x => x)
    sorting('std-sort-equal', ints.map(() => 7), x => x)
    sorting('std-sort-objects', ints.map(x => ({ key: x % 10 })), o => o.key)
  },

  json() {
    const size = param(10000000)
    const parts = ['[']
    for (let i = 0, length = 1; length < size; i++) {
      const comma = i > 0 ? ',' : ''
      const part = `${comma}{"id":${i},"name":"user ${i}","score":${i % 1000}.5,"tags":["a","b\\n","plain words that need no escape"],"active":true,"parent":null}`
      parts.push(part)
      length += part.length
    }
    const text = Buffer.from(`${parts.join('')}]`).toString('latin1') // flat, as any text that was read is
    let value
    measure('std-json-parse', size, () => {
      value = JSON.parse(text)
      return value.length
    })
    measure('std-json-serialize', size, () => {
      const again = JSON.stringify(value)
      return `${again.length}/${again.length === text.length}`
    })
  },

  text() {
    const size = param(10000000)
    const line = '2026-11-22 10:00:00 INFO request /index.html from 192.168.0.17 took 12 ms, status 200\n'
    const text = Buffer.from(`${line.repeat(Math.ceil(size / line.length))}the needle`).toString('latin1')
    const lines = text.split('\n')
    const words = text.split(' ')
    measure('std-split-lines', size, () => text.split('\n').length)
    measure('std-split-words', size, () => text.split(' ').length)
    measure('std-split-bytes', size, () => text.split('').length)
    measure('std-join-lines', size, () => lines.join('\r\n').length)
    measure('std-join-words', size, () => words.join('-').length)
    measure('std-replace', size, () => text.replaceAll('INFO', 'WARNING').length)
    measure('std-indexOf', size, () => text.indexOf('needle'))
    measure('std-rindexOf', size, () => text.lastIndexOf('2027'))
  },
}

workloads[process.argv[2]]()
