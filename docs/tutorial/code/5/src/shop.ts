export { pack, pay, ship } from '../../1/src/shop.ts'
