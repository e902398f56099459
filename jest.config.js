const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

// Packages that ship only ES modules: jest must translate them.
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@marijn',
  '@microsoft',
  '@noble',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'nanoid',
  'preact',
  'qrcode-generator',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

// What is of a whole run and of no project of it is said below.
const {
  reporters,
  coverageReporters,
  coverageDirectory,
  testTimeout,
  ...baseConfig
} = jestJupyterLab(__dirname);

/** As tsconfig.json has it, in modules that jest can require. */
const SWC = {
  jsc: {
    parser: { syntax: 'typescript', tsx: true },
    target: 'es2020',
    transform: {
      react: { runtime: 'classic' },
      useDefineForClassFields: false
    }
  },
  module: { type: 'commonjs' }
};

const config = {
  ...baseConfig,
  automock: false,
  setupFilesAfterEnv: ['<rootDir>/src/__tests__/setup.ts'],
  moduleNameMapper: {
    ...baseConfig.moduleNameMapper,
    // jest resolves a package's Node side; the panel runs its browser side.
    '^tus-js-client$':
      '<rootDir>/node_modules/tus-js-client/lib.es5/browser/index.js'
  },
  transform: {
    '\\.svg$': baseConfig.transform['\\.svg$'],
    // `jlpm test` checks the types once, before.
    '^.+\\.(mjs|jsx?|tsx?)$': ['@swc/jest', SWC]
  },
  testRegex: 'src/.*/?__tests__/.*\\.spec\\.tsx?$',
  testPathIgnorePatterns: ['/node_modules/', '/lib/', '/ui-tests/'],
  modulePathIgnorePatterns: [
    '<rootDir>/jupyter_openeo_artifacts/labextension',
    '<rootDir>/.venv'
  ],
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};

module.exports = {
  // Longer than one wait of testing-library's, whose message tells more.
  testTimeout: 120_000,
  // Much of a test is waiting.
  maxWorkers: 3,
  reporters: ['default'],
  collectCoverageFrom: [
    'src/**/*.{ts,tsx}',
    '!src/**/*.d.ts',
    '!src/**/__tests__/**'
  ],
  coverageReporters: ['lcov', 'text-summary'],
  projects: [
    { ...config, displayName: 'react' },
    {
      ...config,
      displayName: 'preact',
      // What the widget's bundle has in the place of React.
      testRegex: 'src/widget/.*__tests__/.*\\.spec\\.tsx?$',
      moduleNameMapper: {
        '^react$': '<rootDir>/node_modules/preact/compat/dist/compat.mjs',
        '^react-dom$': '<rootDir>/node_modules/preact/compat/dist/compat.mjs',
        '^react-dom/client$': '<rootDir>/node_modules/preact/compat/client.mjs',
        '^react-dom/test-utils$':
          '<rootDir>/node_modules/preact/test-utils/dist/testUtils.mjs',
        ...config.moduleNameMapper
      }
    }
  ]
};
