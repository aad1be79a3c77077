"""What every page shares: layout, navigation, language and appearance, error pages, security headers, health."""
