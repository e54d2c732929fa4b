// Starts `magnolia lsp` for files of Magnolia.

const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

exports.activate = async () => {
  const command = workspace.getConfiguration('magnolia').get('command', 'magnolia');
  const server = { command, args: ['lsp', '--stdio'] };
  client = new LanguageClient('magnolia', 'Magnolia', server, { documentSelector: [{ language: 'magnolia' }] });
  await client.start();
};

exports.deactivate = () => client?.stop();
