/** Tests stand beside their sources; esbuild turns TypeScript into CommonJS for jest, without type checks. */
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-transform.mjs' },
  globalSetup: '<rootDir>/scripts/jest-build.mjs',
  setupFilesAfterEnv: ['<rootDir>/scripts/jest-handles.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/coverage/'],
  watchPathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/coverage/'],
  testTimeout: 10_000,
  maxWorkers: 2,
  coverageProvider: 'v8',
  collectCoverageFrom: ['{language,builtins,embedding,tools,runtime-native,runtime-js}/**/*.ts', '!**/*.test.ts'],
};
