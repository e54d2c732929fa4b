// The same in Node, written by hand.
import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { WebSocketServer } from 'ws';

const [, , kind, target] = process.argv;
const handlers = {
  hello(_request, response) {
    response.setHeader('Content-Type', 'text/plain');
    response.end('hello');
  },
  json(request, response) {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(JSON.parse(Buffer.concat(pieces).toString())));
    });
  },
  websocket(_request, response) {
    response.end();
  },
};

if (kind === 'fetch') {
  const server = createTcp((stream) => {
    stream.on('error', () => {});
    stream.on('data', async (line) => {
      for (let i = Number(line); i > 0; i--) await (await fetch(`http://127.0.0.1:${target}/`)).text();
      stream.write('done');
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
} else {
  const server = createServer(handlers[kind]);
  if (kind === 'websocket') {
    new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
  }
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}
