import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const onlyThese = (files) => `@actions/core is imported by ${files} only; take what you need as an argument.`

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/start.ts', 'src/inputs.ts', 'src/outputs.ts', 'src/report/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: '@actions/core', message: onlyThese('start, inputs, outputs and report') }] },
      ],
    },
  },
  { files: ['*.config.js'], extends: [tseslint.configs.disableTypeChecked] },
)
