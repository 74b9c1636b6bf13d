"""党政机关整体智治: the indicators of the whole and the one screen that shows them."""
