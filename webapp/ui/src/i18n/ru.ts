const files = import.meta.glob('../messages/ru/*.json', { eager: true, import: 'default' })
export default Object.assign({}, ...Object.values(files))
