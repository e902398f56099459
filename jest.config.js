const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

// Packages that ship only ES modules: jest must translate them.
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'nanoid',
  'qrcode-generator',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const baseConfig = jestJupyterLab(__dirname);

module.exports = {
  ...baseConfig,
  automock: false,
  setupFilesAfterEnv: ['<rootDir>/src/__tests__/setup.ts'],
  // Longer than one wait of testing-library's, whose message tells more.
  testTimeout: 120_000,
  reporters: ['default'],
  moduleNameMapper: {
    ...baseConfig.moduleNameMapper,
    // jest resolves a package's Node side; the panel runs its browser side.
    '^tus-js-client$':
      '<rootDir>/node_modules/tus-js-client/lib.es5/browser/index.js'
  },
  transform: {
    ...baseConfig.transform,
    '^.+\\.tsx?$': [
      'ts-jest',
      // `jlpm test` checks the types once, before; the widget's page has its own tsconfig for that.
      // One configuration for all: ts-jest keeps the first that a process sees.
      { tsconfig: 'tsconfig.test.json', isolatedModules: true }
    ]
  },
  testRegex: '(src|notebook/uploader)/.*/?__tests__/.*\\.spec\\.tsx?$',
  testPathIgnorePatterns: ['/node_modules/', '/lib/', '/ui-tests/'],
  modulePathIgnorePatterns: [
    '<rootDir>/jupyter_openeo_artifacts/labextension',
    '<rootDir>/.venv'
  ],
  collectCoverageFrom: [
    'src/**/*.{ts,tsx}',
    '!src/**/*.d.ts',
    '!src/**/__tests__/**'
  ],
  coverageReporters: ['lcov', 'text-summary'],
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};
