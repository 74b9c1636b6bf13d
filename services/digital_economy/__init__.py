"""数字经济: enterprises as the economy knows them, and the policies that fit them."""
