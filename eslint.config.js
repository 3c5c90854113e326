// Lint rules: typescript-eslint strict with types; node:test calls are known safe (they return promises nobody awaits).
import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import hooks from 'eslint-plugin-react-hooks'

const testCalls = {
  from: 'package',
  package: 'node:test',
  name: ['test', 'it', 'describe', 'suite', 'before', 'after'],
}

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'data', '**/*.md', 'coverage', '.cache'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './tsconfig.web.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [testCalls] }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // SM2 of node:crypto signs plain ECDSA, or with an empty user id: encryption/sm2.ts is the one way to SM2.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Property[key.name=/^(namedCurve|crv)$/] > Literal[value=/^sm2$/i]',
          message: 'SM2 of node:crypto is not SM2: use encryption/sm2.ts',
        },
        {
          selector: "CallExpression[callee.name='createECDH'] > Literal[value=/^sm2$/i]",
          message: 'SM2 of node:crypto is not SM2: use encryption/sm2.ts',
        },
      ],
    },
  },
  { files: ['src/web/**/*.tsx'], extends: [hooks.configs.flat['recommended-latest']] },
  {
    files: ['bin/*.js', '*.js', 'test/support/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
)
