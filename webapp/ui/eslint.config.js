// What is wrong without running it: TypeScript, Vue, and the messages: a key that is missing, or a text that is no message, is an error, and
// with it the build. What the languages lack of each other is seen by scripts/messages.ts.
import i18n from '@intlify/eslint-plugin-vue-i18n'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['dist', 'dist.*', 'node_modules', 'src/api/schema.d.ts', 'test-results', 'public/sw.js'] },
  ...ts.configs.strict,
  ...vue.configs['flat/recommended'],
  ...i18n.configs.recommended,
  {
    settings: {
      'vue-i18n': {
        localeDir: {
          pattern: './src/messages/*/*.json',
          localePattern: /^.*\/(?<locale>[a-z]{2})\/[a-z_]+\.json$/,
          localeKey: 'path',
        },
        messageSyntaxVersion: '^11.0.0',
      },
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    files: ['src/**/*.{ts,vue}'],
    rules: {
      '@intlify/vue-i18n/no-raw-text': [
        'error',
        {
          ignorePattern: '^[\\s\\d–—·•…:;.,/()+*#%≤≥×→←-]*$',
          attributes: { '/.+/': ['title', 'aria-label', 'placeholder', 'alt', 'label'] },
        },
      ],
      '@intlify/vue-i18n/no-missing-keys': 'error',
      '@intlify/vue-i18n/no-v-html': 'error',
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['src/**/*.test.ts', 'e2e/**/*.ts', 'scripts/*', '*.config.*'],
    rules: { '@intlify/vue-i18n/no-raw-text': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  prettier,
)
