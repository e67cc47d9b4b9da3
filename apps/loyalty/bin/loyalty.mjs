#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Node ${process.versions.node} is too old for the application: it needs Node 24, which 'npm ci' installs on Linux and Windows x64. ` +
      `Run this through 'npx loyalty …' or 'npm start' in the repository; on a Mac install Node 24 yourself.`,
  );
  process.exit(2);
}
await import('../dist/cli.js');
