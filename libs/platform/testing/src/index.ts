export { fakeClock, type FakeClock } from './fake-clock.ts';
export { testDatabase, type Template, type TestDatabase } from './test-database.ts';
