#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Node ${process.versions.node} is too old for the application: it needs Node 24, which 'npm ci' installs on Linux and Windows x64. ` +
      `Run this through 'npx loyalty …' or 'npm start' in the repository; on a Mac install Node 24 yourself.`,
  );
  process.exit(2);
}
const { boundMemory } = await import('@loyalty/service/bound-memory');
boundMemory();
// Telemetry patches what the application loads, so it comes first; it does nothing unless an OTEL_* variable asks.
if (Object.keys(process.env).some((name) => name.startsWith('OTEL_'))) {
  const { startTelemetry } = await import('@loyalty/service/telemetry');
  await startTelemetry('loyalty');
}
await import('../dist/cli.js');
