export const TIERS_SCHEMA = 'tiers';

/** Rates the purchases of sources that no program claims unless another one is chosen; shipped in programs/standard.yaml. */
export const FALLBACK_PROGRAM = 'standard';
