// What is new, asked every few seconds while somebody looks.
import { defineStore } from 'pinia'
import { reactive } from 'vue'

export const useLive = defineStore('live', () => {
  const accounts = reactive<Record<number, { entry_count: number; balance_minor: number }>>({})
  return { accounts }
})
