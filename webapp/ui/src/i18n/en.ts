const files = import.meta.glob('../messages/en/*.json', { eager: true, import: 'default' })
export default Object.assign({}, ...Object.values(files))
