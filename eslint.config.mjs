import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import react from '@eslint-react/eslint-plugin';
import lingui from 'eslint-plugin-lingui';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['dist/', '.build-*/', 'node_modules/', '.data/', '.cache/', 'bench/results/', '**/generated/']),
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest modules are classes with a decorator and nothing else.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Options of Nest are typed as classes but meant as literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
    },
  },
  // Decorated constructors need their parameter types at run time, so imports there cannot be type-only.
  { files: ['apps/**/*.ts', '**/*.module.ts'], rules: { '@typescript-eslint/consistent-type-imports': 'off' } },
  // The portal: components, hooks, and texts that can be translated.
  {
    files: ['portal/**/*.ts', 'portal/**/*.tsx'],
    extends: [
      react.configs['recommended-typescript'],
      hooks.configs.flat.recommended,
      lingui.configs['flat/recommended'],
    ],
    rules: {
      // Names say what a thing is, not by which function it was made.
      '@eslint-react/use-state': 'off',
      '@eslint-react/naming-convention-ref-name': 'off',
    },
  },
  // The command line talks to a person.
  {
    files: ['stack/**/*.ts', 'bench/**/*.ts', '**/*.mjs'],
    rules: { 'no-console': 'off' },
    languageOptions: {
      globals: {
        process: 'readonly',
        Buffer: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
