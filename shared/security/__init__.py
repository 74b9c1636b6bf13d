"""Who a caller is (tokens) and what it may do (policies); default is no."""
