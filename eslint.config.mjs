import js from '@eslint/js';
import jupyterPlugin from '@jupyter/eslint-plugin';
import prettierRecommended from 'eslint-plugin-prettier/recommended';
import globals from 'globals';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** All rules of a Jupyter config, none left at "warn": a warning is one nobody reads. */
const jupyterRules = jupyterPlugin.configs.recommended.map(config => ({
  ...config,
  rules: Object.fromEntries(
    Object.keys(config.rules).map(rule => [rule, 'error'])
  )
}));

const RAW_HTML =
  'File names and server answers are shown as text, never parsed as HTML.';

export default defineConfig([
  {
    ignores: [
      '**/node_modules',
      '.venv*',
      'lib',
      'dist',
      'coverage',
      '**/*.js',
      '**/*.d.ts',
      'src/transport/wire.ts',
      'ui-tests',
      'jupyter_openeo_artifacts/**',
      '.make',
      'tests'
    ]
  },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    extends: [js.configs.recommended, tseslint.configs.recommended]
  },
  { plugins: { jupyter: jupyterPlugin } },
  ...jupyterRules,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { project: 'tsconfig.test.json', sourceType: 'module' }
    },
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } }
      ],
      '@typescript-eslint/no-unused-vars': ['error', { args: 'none' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Our own modules are needed when the plugins start, and are small; what is heavy
      // (the QR encoder) is imported where it is used.
      'jupyter/prefer-lazy-imports': [
        'error',
        { ignoreImports: ['./*', '../*'] }
      ],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'max-lines': ['error', 320],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: RAW_HTML },
        { property: 'outerHTML', message: RAW_HTML },
        { property: 'insertAdjacentHTML', message: RAW_HTML },
        {
          object: 'document',
          property: 'write',
          message: RAW_HTML
        }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: RAW_HTML
        },
        {
          selector: "Property[key.name='dangerouslySetInnerHTML']",
          message: RAW_HTML
        }
      ],
      'prefer-arrow-callback': 'error'
    }
  },
  {
    files: ['src/**/__tests__/**'],
    languageOptions: { globals: { ...globals.jest } },
    // What a fake server says is data.
    rules: { 'jupyter/no-untranslated-string': 'off' }
  },
  prettierRecommended
]);
