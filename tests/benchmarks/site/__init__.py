"""What the site costs: its build, and its pages for those who read them."""
