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
      // There are no enums to assign, and to look for them takes a fifth of the linter's time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Another fifth. Versions are locked: what is deprecated is asked for with an upgrade, LINT_DEPRECATED=1 npm run lint.
      '@typescript-eslint/no-deprecated': process.env.LINT_DEPRECATED === '1' ? 'error' : 'off',
      'no-console': 'error',
    },
  },
  // Decorated constructors need their parameter types at run time, so imports there cannot be type-only.
  { files: ['apps/**/*.ts', '**/*.module.ts'], rules: { '@typescript-eslint/consistent-type-imports': 'off' } },
  // The portal: components, hooks, and texts that can be translated.
  {
    files: ['portal/**/*.ts', 'portal/**/*.tsx'],
    extends: [react.configs['recommended-typescript'], lingui.configs['flat/recommended']],
    plugins: { 'react-hooks': hooks },
    rules: {
      // Its other rules run a compiler over each file, and say what those of @eslint-react do.
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'warn',
      '@eslint-react/globals': 'error',
      '@eslint-react/immutability': 'error',
      '@eslint-react/refs': 'error',
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
