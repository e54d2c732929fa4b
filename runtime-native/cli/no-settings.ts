import type { Settings } from './arguments.ts';

/** What holds without flags. */
export const NO_SETTINGS: Settings = {
  lib: null,
  fuel: null,
  allowNet: null,
  denyNet: null,
  allowRead: null,
  allowWrite: null,
  allowRun: null,
  allowEnv: null,
  workers: null,
  metrics: null,
};
