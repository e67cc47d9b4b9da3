export { analyticsChecks } from './checks.ts';
export { AnalyticsModule } from './analytics.module.ts';
export { analytics } from './analytics.ts';
export { setReportingZone } from './reporting-zone.ts';
export { standing, type Standing } from './standing.ts';
export { analyticsEntities } from './views/index.ts';
