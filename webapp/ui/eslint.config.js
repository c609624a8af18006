// What is wrong without running it: TypeScript, Vue with its rules of accessibility by hand, and the messages: a key that is
// missing in a language, unused, or a text that is no message, is an error, and with it the build.
import i18n from '@intlify/eslint-plugin-vue-i18n'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts', 'test-results', 'public/sw.js'] },
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
      '@intlify/vue-i18n/no-missing-keys-in-other-locales': 'error',
      '@intlify/vue-i18n/no-v-html': 'error',
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    // Keys made of what the API answers (problem.<code>) are held against the OpenAPI document by src/i18n/messages.test.ts.
    files: ['src/**/*.test.ts', 'e2e/**/*.ts', 'scripts/*.js', '*.config.*'],
    rules: { '@intlify/vue-i18n/no-raw-text': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  prettier,
)
