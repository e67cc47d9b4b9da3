export { createPointsWriter, POINTS_SCHEMA, type PointsWriter, type PointsWriterOptions } from './points-writer.ts';
export { adjustWork, openLotWork, redeemWork, settleWork } from './points-work.ts';
export { points } from './points.ts';
export { sweep, type Swept } from './sweep.ts';
export { POINTS_WRITER, TIERS_TO_POINTS } from './tokens.ts';
